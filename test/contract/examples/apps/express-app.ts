import express, { type RequestHandler } from 'express';
import { jwtVerify, SignJWT } from 'jose';
import type { PixstoreBackend } from '../../../../src/backend/index.js';

const issuer = 'clinic';

export type Role = 'doctor' | 'visitor';

/** Logs somebody in: a JWT that says who he is and what he may do. */
export function signIn(role: Role, secret: Uint8Array, expires: string | Date = '5m'): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setSubject(`${role}-1`)
    .setExpirationTime(expires)
    .sign(secret);
}

/** Lets in whoever has the role; 401 for who is not logged in, 403 for who may not. */
function requireRole(role: Role, secret: Uint8Array): RequestHandler {
  return async (req, res, next) => {
    const jwt = /^Bearer (\S+)$/.exec(req.get('authorization') ?? '')?.[1] ?? '';
    const user = await jwtVerify<{ role: Role }>(jwt, secret, { issuer, algorithms: ['HS256'] }).catch(() => null);
    if (!user) res.sendStatus(401);
    else if (user.payload.role !== role) res.sendStatus(403);
    else next();
  };
}

/** An application of its own: its API hands out records, and its endpoint checks the role before it serves images. */
export function createClinic(
  pixstore: Pick<PixstoreBackend, 'getImageRecord' | 'customEndpointHelper'>,
  secret: Uint8Array,
) {
  const app = express();
  app.use('/api', requireRole('doctor', secret));

  app.get('/api/scans/:id', (req, res) => {
    const record = pixstore.getImageRecord(req.params.id);
    if (record) res.json(record);
    else res.sendStatus(404);
  });

  app.get('/api/images/:id', async (req, res) => {
    const token = req.get('x-pixstore-token');
    const proof = req.get('x-pixstore-proof');
    const payload = await pixstore.customEndpointHelper(req.params.id, token, proof);
    if (payload) res.type('application/octet-stream').send(Buffer.from(payload));
    else res.sendStatus(500);
  });

  return app;
}
