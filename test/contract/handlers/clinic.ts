import { jwtVerify, SignJWT } from 'jose';
import type { HandlerOptions } from '../../../src/backend/index.js';

const secret = new TextEncoder().encode('a secret of at least thirty-two bytes');

/** Logs a doctor in: a JWT that says who he is. */
export function signIn(doctor: string): Promise<string> {
  return new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(doctor).setExpirationTime('5m').sign(secret);
}

async function doctorOf(authorization: string | null | undefined): Promise<string | undefined> {
  const jwt = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '';
  const verified = await jwtVerify(jwt, secret, { algorithms: ['HS256'] }).catch(() => undefined);
  return verified?.payload.sub;
}

/**
 * The clinic's rules for its images: whoever shows no JWT sees nothing, images in the folder `sealed` are nobody's, and
 * a record is good for the doctor it was made for.
 *
 * @param headerOf - reads the Authorization header of whatever a framework calls a request
 */
export function clinicRules<Request>(
  headerOf: (request: Request) => string | null | undefined,
): Required<Pick<HandlerOptions<Request>, 'authorize' | 'audience'>> {
  return {
    async authorize(request, imageId) {
      if (imageId === 'broken') throw new Error('the database of permissions is down');
      return (await doctorOf(headerOf(request))) !== undefined && !imageId.startsWith('sealed:');
    },
    audience: (request) => doctorOf(headerOf(request)),
  };
}
