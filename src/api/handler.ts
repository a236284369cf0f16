import type { EndpointName, Endpoints, Output, ParsedInput, Role, User } from '../contract/endpoints.ts';

export interface UserCaller {
  readonly kind: 'user';
  readonly user: User;
  readonly role: Role;
  /** Id of the session the request came with. */
  readonly session: string;
}

export interface KeyCaller {
  readonly kind: 'key';
  readonly key: string;
  /** The only project the key may touch. */
  readonly project: string;
  readonly role: Role;
}

export type Caller = UserCaller | KeyCaller;

/** Who can have got past the access decision of an endpoint: nobody is asked on public ones, keys are refused on workspace ones. */
export type CallerOf<Name extends EndpointName> = Endpoints[Name]['access'] extends 'public'
  ? undefined
  : Endpoints[Name]['scope'] extends 'workspace'
    ? UserCaller
    : Caller;

export interface Context<Who> {
  readonly caller: Who;
  /** Client address, as far as trusted proxies tell. */
  readonly address: string;
  /** Where users reach this server, without a trailing slash; for links. */
  readonly publicUrl: string;
  /** Aborted when the client goes away before the answer. */
  readonly signal: AbortSignal;
  readonly answer: Answer;
}

/** What a handler can say beside its output. */
export interface Answer {
  status(code: number): void;
  /** Sends these texts as a file instead of the output, as they come. */
  download(name: string, type: string, texts: AsyncIterable<string>): void;
  /** Sets the session cookie. */
  startSession(token: string): void;
  /** Removes the session cookie. */
  endSession(): void;
}

/** One function per endpoint; leaving one out does not compile. Failures are thrown as TributaryError. */
export type Handlers = {
  readonly [Name in EndpointName]: (
    input: ParsedInput<Name>,
    context: Context<CallerOf<Name>>,
  ) => Promise<Output<Name>>;
};

type AccountName =
  | 'signIn'
  | 'signInByLink'
  | 'signOut'
  | 'me'
  | 'changePassword'
  | 'listProjects'
  | 'createProject'
  | 'updateProject'
  | 'deleteProject'
  | 'listKeys'
  | 'createKey'
  | 'revokeKey'
  | 'listSources'
  | 'createSource'
  | 'updateSource'
  | 'rotateSource'
  | 'revokeSource'
  | 'listUsers'
  | 'inviteUser'
  | 'updateUser'
  | 'deleteUser';

/** What the store alone can answer. */
export type AccountHandlers = Pick<Handlers, AccountName>;
/** What needs the warehouse and the pipeline: given by the composition root. */
export type DataHandlers = Omit<Handlers, AccountName>;
