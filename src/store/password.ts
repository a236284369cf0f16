import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP's scrypt setting for 32 MB: N=2^15, r=8, p=3. Kept with each hash, so that it can be raised later. */
const cost = { log2N: 15, r: 8, p: 3 };
const keyLength = 32;

/** `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, the last two in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, keyLength, cost);
  return ['scrypt', cost.log2N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join(
    '$',
  );
}

/** Without a hash it does the same work in vain, so that the time does not tell whether there is one. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [name, log2N, r, p, salt, key] = (hash ?? '').split('$');
  if (name !== 'scrypt' || salt === undefined || key === undefined) {
    await derive(password, Buffer.alloc(16), keyLength, cost);
    return false;
  }
  const expected = Buffer.from(key, 'base64url');
  const given = await derive(password, Buffer.from(salt, 'base64url'), expected.length, {
    log2N: Number(log2N),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(given, expected);
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  { log2N, r, p }: typeof cost,
): Promise<Buffer> {
  const N = 2 ** log2N;
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r };
  // the same password typed on two systems can differ in composition
  const text = password.normalize('NFC');
  return inTurn(
    () =>
      new Promise((resolve, reject) => {
        scrypt(text, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}

let last: Promise<unknown> = Promise.resolve();

/** One at a time: a burst of sign-ins may not take the thread pool, and 32 MB each, from the rest of the process. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}
