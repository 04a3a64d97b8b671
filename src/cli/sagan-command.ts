/** How the reader can start Sagan, for the commands that are shown to go on with: npm's scripts run where no path has it. */
export function saganCommand(): string {
  return process.env.npm_lifecycle_event === undefined ? 'sagan' : 'npx sagan';
}
