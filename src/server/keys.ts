/** Who is let in: a token opens the studio, and a cookie keeps it open. All of it is in memory alone, and ends with the process. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Client } from './stream.ts';

const ticketMs = 60_000;
/** More browsers than one person has; the one that was let in first is forgotten. */
const mostClients = 1024;

export class Keys {
  /** 32 random bytes, as text for an address. It is good until the process ends. */
  readonly token = newSecret();
  /** Addresses carry no port to a cookie, so its name does: two studios on one machine do not put each other out. */
  readonly cookieName: string;
  private ticket: { readonly secret: string; readonly untilMs: number } | undefined;
  /** By the hash of the cookie's value: how long it takes to look one up tells nothing of the others. */
  private readonly clients = new Map<string, Client>();

  constructor(port: number) {
    this.cookieName = `sagan-studio-${port}`;
  }

  /** A token that is good once, for a minute, and the last of its kind: for an address that stands where others can read it, such as a command's arguments. */
  issueTicket(): string {
    this.ticket = { secret: newSecret(), untilMs: Date.now() + ticketMs };
    return this.ticket.secret;
  }

  /** The cookie that a token is exchanged for, as `Set-Cookie` has it; undefined if the token is not ours. */
  exchange(token: string): string | undefined {
    const { ticket } = this;
    const isTicket = ticket !== undefined && Date.now() < ticket.untilMs && isSame(token, ticket.secret);
    if (!isTicket && !isSame(token, this.token)) return undefined;
    if (isTicket) this.ticket = undefined;
    const secret = newSecret();
    const [first] = this.clients.keys();
    if (first !== undefined && this.clients.size >= mostClients) this.clients.delete(first);
    this.clients.set(hashOf(secret), { streams: 0 });
    return `${this.cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Who a request's `Cookie` header belongs to; undefined if to nobody that has been let in. */
  clientOf(cookies: string): Client | undefined {
    for (const cookie of cookies.split(';')) {
      const [name = '', value = ''] = cookie.trim().split('=');
      const client = name === this.cookieName ? this.clients.get(hashOf(value)) : undefined;
      if (client !== undefined) return client;
    }
    return undefined;
  }
}

const newSecret = () => randomBytes(32).toString('base64url');
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
/** In a time that does not tell where they differ, nor how long the right one is. */
const isSame = (seen: string, secret: string) =>
  timingSafeEqual(Buffer.from(hashOf(seen)), Buffer.from(hashOf(secret)));
