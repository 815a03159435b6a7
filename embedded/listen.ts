import type { AddressInfo, Server } from 'node:net';
import { HoldfastError } from '../core/errors.ts';

/** The port is taken, or the address isn't this machine's. */
export class AddressUnavailable extends HoldfastError {
  override readonly name = 'AddressUnavailable';
  override readonly kind = 'unavailable';
}

/** Resolves to the port when it listens; 0 takes any free one. Errors: `AddressUnavailable`. */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host.replaceAll(/^\[|\]$/g, ''), () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new AddressUnavailable(
        `Port ${port} on ${host} is in use by another program, perhaps another Holdfast.`,
        `Stop that one, or choose another port (0 takes any free one).`,
        { cause },
      );
    case 'EACCES':
      return new AddressUnavailable(
        `Port ${port} may not be opened by this user.`,
        'Choose a port above 1023.',
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new AddressUnavailable(
        `${host} is not an address of this machine.`,
        'Listen on 127.0.0.1, or on one of its own addresses.',
        { cause },
      );
    default:
      return cause;
  }
}
