import type { NextConfig } from 'next';

export default { serverExternalPackages: ['pixstore'] } satisfies NextConfig;
