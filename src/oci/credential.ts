/** How somebody proves to a registry who they are. */
export type Credential =
  | { kind: "basic"; username: string; password: string }
  /** An OAuth 2 refresh token, exchanged at the token service. */
  | { kind: "identity-token"; username: string; token: string }
  /** A bearer token that is sent to the registry as it is. */
  | { kind: "registry-token"; token: string };
