import type { NextConfig } from 'next';

// The folder, not pixstore as a whole: its bindings are drawn by the React that Next.js brings, within the bundle.
export default { serverExternalPackages: ['pixstore/dist/backend'] } satisfies NextConfig;
