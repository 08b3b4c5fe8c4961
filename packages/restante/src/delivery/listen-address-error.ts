/** An address at which mail cannot be taken in; the message names the remedy. */
export class ListenAddressError extends Error {
  override readonly name = 'ListenAddressError';
}
