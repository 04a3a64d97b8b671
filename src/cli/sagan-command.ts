/** How the reader started Sagan, for the commands that are shown to go on with: a checkout's scripts put it on no path. */
export function saganCommand(): string {
  return process.env.npm_lifecycle_event === undefined ? 'sagan' : 'npm run sagan --';
}
