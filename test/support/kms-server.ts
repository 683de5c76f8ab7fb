import { createHash, randomBytes } from 'node:crypto';
import { openBox, sealBox } from './box.js';
import { type Answer, listenForJson } from './json-server.js';

interface KmsRequest {
  KeyId?: string;
  Plaintext?: string;
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
}

const refuse = (type: string): Answer => ({ status: 400, body: { __type: type, message: type } });

/**
 * AWS KMS as far as Encrypt and Decrypt with symmetric keys go: the JSON protocol, names of keys in ciphertexts, the
 * encryption context as additional data, and the limits of both fields.
 */
export async function listenAsKms(keyArns: readonly string[]) {
  const keys = new Map(keyArns.map((arn) => [arn, randomBytes(32)]));
  const nameOf = (arn: string) => createHash('sha256').update(arn).digest().subarray(0, 16);
  const boundTo = (context: Record<string, string> = {}) => JSON.stringify(Object.entries(context).sort());

  return listenForJson((request, body: KmsRequest) => {
    if (
      !/^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[^/]+\/kms\/aws4_request/.test(request.headers.authorization ?? '')
    ) {
      return refuse('IncompleteSignatureException');
    }
    const { KeyId = '', Plaintext = '', CiphertextBlob = '', EncryptionContext } = body;
    if (request.headers['x-amz-target'] === 'TrentService.Encrypt') {
      const key = keys.get(KeyId);
      if (!key) return refuse('NotFoundException');
      const plaintext = Buffer.from(Plaintext, 'base64');
      if (plaintext.length === 0 || plaintext.length > 4096) return refuse('ValidationException');
      const blob = Buffer.concat([nameOf(KeyId), sealBox(key, plaintext, boundTo(EncryptionContext))]);
      return { status: 200, body: { KeyId, CiphertextBlob: blob.toString('base64') } };
    }
    const blob = Buffer.from(CiphertextBlob, 'base64');
    if (blob.length === 0 || blob.length > 6144) return refuse('ValidationException');
    const [arn, key] = [...keys].find(([arn]) => nameOf(arn).equals(blob.subarray(0, 16))) ?? [];
    if (!arn || !key) return refuse('InvalidCiphertextException');
    if (KeyId !== '' && KeyId !== arn) return refuse('IncorrectKeyException');
    const plaintext = openBox(key, blob.subarray(16), boundTo(EncryptionContext));
    if (!plaintext) return refuse('InvalidCiphertextException');
    return { status: 200, body: { KeyId: arn, Plaintext: plaintext.toString('base64') } };
  });
}
