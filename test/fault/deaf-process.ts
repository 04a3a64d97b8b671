/** A process that lives and never listens. */

setInterval(() => undefined, 1000);
