/** What every answer says to the browser, so that it helps to keep others out. */

import type { ServerResponse } from 'node:http';

/** Pages run the studio's own files, and talk to the studio alone. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What is not a page is none even when it is opened as one: nothing in it runs. */
const otherPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** Sets them on an answer to the address `url`. A route may only say otherwise how long its answer may be kept. */
export function setSecurityHeaders(response: ServerResponse, url: string): void {
  response.setHeader('Content-Security-Policy', /^\/api(?:[/?]|$)/.test(url) ? otherPolicy : pagePolicy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
  // By this a second studio knows the first.
  response.setHeader('Server', 'sagan-studio');
}
