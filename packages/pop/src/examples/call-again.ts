import { connect, type Pop3Client, type Pop3ClientOptions, Pop3Error } from '@restante/pop/client';

/** Calls until the server has time for us; says what to do where that would not help. */
export async function callAgain(
  options: Pop3ClientOptions,
  pause: (attempt: number) => Promise<void>,
): Promise<Pop3Client> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect(options);
    } catch (error) {
      if (!(error instanceof Pop3Error)) throw error;
      if (error.code === 'AUTH_FAILED') throw new Error('ask for another password', { cause: error });
      if (!error.retryable || attempt === 5) throw error;
      await pause(attempt);
    }
  }
}
