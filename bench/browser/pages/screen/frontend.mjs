import { createPixstoreFrontend } from 'pixstore/frontend';

/** The library with its defaults. @param {number} port */
export const createFrontend = (port) =>
  createPixstoreFrontend({
    defaultEndpointConnectHost: '127.0.0.1',
    defaultEndpointConnectPort: port,
    errorHandlingMode: 'throw',
  });
