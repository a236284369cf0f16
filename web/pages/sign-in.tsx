import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Me } from '../../src/contract/endpoints.ts';
import { useAddress } from '../address/use-address.ts';
import { CallError, call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { LogoMark } from '../shell/logo.tsx';
import { SchemeToggle } from '../shell/scheme-toggle.tsx';

export function SignInPage() {
  useDocumentTitle('Sign in · Tributary');
  const [{ token, next }, change] = useAddress();
  const enter = useEnter(next);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const byPassword = useMutation({
    mutationFn: () => call('signIn', { email: email.trim(), password }),
    onSuccess: enter,
  });
  const byLink = useMutation({
    mutationFn: (secret: string) => call('signInByLink', { token: secret }),
    onSuccess: enter,
  });

  const used = useRef(false);
  const { mutate: followLink } = byLink;
  useEffect(() => {
    if (!token || used.current) return;
    used.current = true;
    // The token leaves the address first: it must not stay in the history or in a copied link.
    change({ token: undefined }, { replace: true });
    followLink(token);
  }, [token, change, followLink]);

  const arriving = (token !== undefined || byLink.isPending || byLink.isSuccess) && !byLink.error;
  return (
    <main className="alone" id="main">
      <div className="alone-card">
        <div className="sign-in-brand">
          <LogoMark size={36} />
          <h1 className="page-title">{arriving ? 'Signing in…' : 'Sign in to Tributary'}</h1>
        </div>
        {byLink.error ? <Failure error={byLink.error} {...adviceFor(byLink.error)} /> : null}
        {arriving ? null : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              byPassword.mutate();
            }}
          >
            <Stack gap="sm">
              <TextInput
                label="E-mail"
                type="email"
                name="email"
                autoComplete="username"
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
                required
                autoFocus
              />
              <PasswordInput
                label="Password"
                name="password"
                autoComplete="current-password"
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                required
                visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
              />
              {byPassword.error ? (
                <Failure error={byPassword.error} {...adviceFor(byPassword.error)} />
              ) : null}
              <Button type="submit" size="sm" loading={byPassword.isPending}>
                Sign in
              </Button>
            </Stack>
          </form>
        )}
        <p className="alone-note">
          The first sign-in link and the administrator’s password are printed in the terminal where Tributary
          was started.
        </p>
      </div>
      <div className="alone-corner">
        <SchemeToggle />
      </div>
    </main>
  );
}

/** Goes to the page that asked for the sign-in, else to the overview. */
function useEnter(next: string | undefined): (me: Me) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  return async (me) => {
    queries.clear();
    queries.setQueryData(['me', {}], me);
    // Only a path of this site: an address in `next` must not lead away from here.
    if (next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/sign-in')) {
      router.history.replace(next);
    } else {
      await navigate({ to: '/overview', search: {}, replace: true });
    }
  };
}

/** The general advice for «not signed in» is to sign in, which is what just failed. */
function adviceFor(error: Error): { advice?: string } {
  return error instanceof CallError && error.code === 'unauthenticated'
    ? { advice: 'Try again, or ask an administrator for a new sign-in link.' }
    : {};
}
