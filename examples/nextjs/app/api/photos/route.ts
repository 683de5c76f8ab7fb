import type { NextRequest } from 'next/server';
import { createUploadHandler } from 'pixstore/backend';
import { userOf } from '../../../lib/login';
import { backend } from '../../../lib/pixstore';

export const POST = createUploadHandler<NextRequest>(backend, {
  authorize: (request) => userOf(request.cookies) !== undefined,
  dir: (request) => `user-${userOf(request.cookies)}`,
  audience: (request) => userOf(request.cookies),
});

export async function GET(request: NextRequest) {
  const audience = userOf(request.cookies);
  if (!audience) return new Response(null, { status: 401 });
  const asked = request.nextUrl.searchParams.getAll('id');
  const ids = asked.filter((id) => id.startsWith(`user-${audience}:`)); // here you decide: may this user see them?
  const records = await backend.getImageRecords(ids, { audience });
  return Response.json(records, { headers: { 'cache-control': 'no-store' } }); // records carry keys
}
