import { spawnSync } from 'node:child_process';

/**
 * How many ciphertexts of a size one core makes a second, by OpenSSL's own measure.
 *
 * @param {number} size bytes
 * @returns {number | undefined} nothing where there is no openssl program
 */
export function encryptionFloor(size) {
  const args = ['speed', '-evp', 'aes-256-gcm', '-seconds', '1', '-bytes', String(size)];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  const [, kilobytes] = stdout?.match(/^AES-256-GCM\s+([\d.]+)k/m) ?? [];
  return kilobytes === undefined ? undefined : (Number(kilobytes) * 1000) / size;
}
