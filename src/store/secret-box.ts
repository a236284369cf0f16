import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TributaryError } from '../runtime/errors.ts';

/**
 * Encrypts what senders sign with before the store writes it: unlike our own keys, such secrets must be read back, so they
 * cannot be hashed. AES-256-GCM; a sealed text is `v1.` and the base64url of nonce (12 bytes), tag (16) and ciphertext.
 * `owner` names what the secret belongs to (a key's id): a sealed text moved to another owner does not open.
 */
export interface SecretBox {
  seal(secret: string, owner: string): string;
  /** Throws `secret-key-wrong` when the key is another one, is gone, or the text was changed. */
  open(sealed: string, owner: string): string;
}

export interface SecretBoxOptions {
  /** Folder of the key file `secret.key`, made (mode 0600) when the first secret is sealed. */
  readonly data: string;
  /** The option `secret-key`: at least 32 characters, used instead of the file; empty when not given. */
  readonly secretKey: string;
}

const version = 'v1.';
const [nonceLength, tagLength] = [12, 16];
const minKeyLength = 32;

export function createSecretBox({ data, secretKey }: SecretBoxOptions): SecretBox {
  if (secretKey !== '' && secretKey.length < minKeyLength) {
    throw new TributaryError(
      'config-invalid',
      `option "secret-key": at least ${minKeyLength} characters, such as "openssl rand -base64 32" prints`,
    );
  }
  const path = join(data, 'secret.key');
  const origin = secretKey === '' ? `the file ${path}` : 'the option "secret-key"';
  let key = secretKey === '' ? undefined : derive(secretKey);
  const existing = (): Buffer | undefined => {
    key ??= readKey(path);
    return key;
  };
  return {
    seal: (secret, owner) => sealWith(existing() ?? derive(createKeyFile(data, path)), secret, owner),
    open: (sealed, owner) => {
      const known = existing();
      if (!known) throw wrongKey(`${origin}, which opens the stored secrets, is not there`);
      return openWith(known, sealed, owner, origin);
    },
  };
}

function sealWith(key: Buffer, secret: string, owner: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
  const hidden = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return version + Buffer.concat([nonce, cipher.getAuthTag(), hidden]).toString('base64url');
}

function openWith(key: Buffer, sealed: string, owner: string, origin: string): string {
  const bytes = Buffer.from(sealed.slice(version.length), 'base64url');
  if (!sealed.startsWith(version) || bytes.length < nonceLength + tagLength) {
    throw wrongKey(`the stored secret of ${owner} is not in a format of this version`);
  }
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength))
      .setAAD(Buffer.from(owner))
      .setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
    const hidden = bytes.subarray(nonceLength + tagLength);
    return Buffer.concat([cipher.update(hidden), cipher.final()]).toString('utf8');
  } catch (error) {
    throw wrongKey(`the stored secret of ${owner} was not encrypted with the key in ${origin}`, error);
  }
}

function derive(text: string): Buffer {
  return Buffer.from(hkdfSync('sha256', text, '', 'tributary secrets', 32));
}

function readKey(path: string): Buffer | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text.length < minKeyLength) throw wrongKey(`the file ${path} holds no key`);
    return derive(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: a link fails where another process was faster, and then its key is the one. */
function createKeyFile(data: string, path: string): string {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}

function wrongKey(message: string, cause?: unknown): TributaryError {
  return new TributaryError('secret-key-wrong', message, { cause });
}
