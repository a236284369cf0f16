import { sessionLifetime } from '../store/store.ts';

const name = 'tributary_session';

/** The session token in a Cookie header. */
export function sessionToken(header: string | undefined): string | undefined {
  return new RegExp(`(?:^|;) *${name}=([\\w-]{1,200})(?:;|$)`).exec(header ?? '')?.[1];
}

/** A Set-Cookie header; without a token it removes the cookie. Lax, so that a link from a mail opens signed in. */
export function sessionCookie(token: string | undefined, secure: boolean): string {
  const age = token === undefined ? 0 : sessionLifetime / 1_000;
  return `${name}=${token ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${age}${secure ? '; Secure' : ''}`;
}
