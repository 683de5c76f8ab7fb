import type { NextRequest } from 'next/server';
import { createFetchHandler } from 'pixstore/backend';
import { userOf } from '../../../lib/login';
import { backend } from '../../../lib/pixstore';

const images = createFetchHandler(backend, { audience: (request: NextRequest) => userOf(request.cookies) });

export { images as GET, images as POST };
