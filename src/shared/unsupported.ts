const codes = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM']);

/**
 * Did a system call fail since this file system has no such thing? Some of networks cannot sync a folder, and FAT has no
 * hard links.
 */
export function isUnsupported(error: unknown): boolean {
  return codes.has(String((error as { code?: unknown }).code));
}
