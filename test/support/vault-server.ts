import { randomBytes } from 'node:crypto';
import { openBox, sealBox } from './box.js';
import { type Answer, listenForJson } from './json-server.js';

interface TransitRequest {
  plaintext?: string;
  ciphertext?: string;
  associated_data?: string;
}

const refuse = (status: number, error: string): Answer => ({ status, body: { errors: [error] } });
const isBase64 = (text: string) => /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(text) && !text.includes('_');

/** The Transit engine of Vault, as far as encrypt and decrypt go, with keys of the type aes256-gcm96. */
export async function listenAsVault(keyNames: readonly string[], token: string) {
  const keys = new Map(keyNames.map((name) => [name, new Map([[1, randomBytes(32)]])]));

  const server = await listenForJson((request, body: TransitRequest) => {
    if (request.headers['x-vault-token'] !== token) return refuse(403, 'permission denied');
    const [, action, name = ''] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w-]+)$/.exec(request.url ?? '') ?? [];
    const versions = keys.get(name);
    if (request.method !== 'POST' || !action) return refuse(404, 'unsupported path');
    if (!versions) return refuse(400, 'encryption key not found');
    const { plaintext, ciphertext, associated_data: associated = '' } = body;
    if (!isBase64(associated)) return refuse(400, 'illegal base64 data');
    const bound = Buffer.from(associated, 'base64');
    if (action === 'encrypt') {
      if (plaintext === undefined || !isBase64(plaintext)) return refuse(400, 'missing plaintext to encrypt');
      const version = versions.size;
      const box = sealBox(versions.get(version) as Buffer, Buffer.from(plaintext, 'base64'), bound);
      const data = { ciphertext: `vault:v${version}:${box.toString('base64')}`, key_version: version };
      return { status: 200, body: { data } };
    }
    if (!ciphertext) return refuse(400, 'missing ciphertext to decrypt');
    const [, version = '', text = ''] = /^vault:v(\d+):(.*)$/s.exec(ciphertext) ?? [];
    // Version 0 is the first one, of a Vault from before keys had versions.
    const key = versions.get(Number(version) || 1);
    if (!version || !key || !isBase64(text)) return refuse(400, 'invalid ciphertext');
    const opened = openBox(key, Buffer.from(text, 'base64'), bound);
    if (!opened) return refuse(400, 'cipher: message authentication failed');
    return { status: 200, body: { data: { plaintext: opened.toString('base64') } } };
  });

  return {
    ...server,
    rotate(name: string) {
      const versions = keys.get(name);
      versions?.set(versions.size + 1, randomBytes(32));
    },
  };
}
