import { leniently, mustBeOneLine, preparedName } from './credentials.ts';
import type { SaslClientExchange, SaslServerExchange, SaslServerMechanism } from './mechanism.ts';

const USERNAME = new TextEncoder().encode('Username:');
const PASSWORD = new TextEncoder().encode('Password:');

/**
 * LOGIN, the server's half: an expired draft (murchison-sasl-login-00) that old clients still speak. Two challenges,
 * with the texts that clients look for (LOGIN-01).
 *
 * Some clients send the name as initial response. By the draft the server speaks first, so that would be refused;
 * here it is taken as the answer to the first challenge (LOGIN-04). To refuse it: `{ ...login, clientFirst: false }`.
 */
export const login: SaslServerMechanism = {
  name: 'LOGIN',
  plaintext: true,
  clientFirst: true,
  serve(context): SaslServerExchange {
    let name: string | undefined;
    let asked: 'nothing' | 'name' | 'password' = 'nothing';
    return {
      next(response) {
        if (response === undefined) {
          asked = 'name';
          return { type: 'challenge', data: USERNAME };
        }
        if (asked === 'password') {
          // A name that nobody can have is refused where a wrong password is, and no earlier.
          if (name === undefined) return { type: 'refused' };
          return context.authenticate({
            mechanism: 'LOGIN',
            authenticationIdentity: name,
            password: leniently(response),
          });
        }
        if (response.length === 0) return { type: 'malformed' };
        name = preparedName(response);
        asked = 'password';
        return { type: 'challenge', data: PASSWORD };
      },
    };
  },
};

/** LOGIN, the client's half. The challenges' texts are not looked at (LOGIN-02). Throws a `TypeError` for a line end or NUL. */
export function loginClient(name: string, password: string): SaslClientExchange {
  mustBeOneLine('user’s name', name);
  mustBeOneLine('password', password);
  const answers = [name, password];
  return {
    initial: undefined,
    next() {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('LOGIN has two challenges, and the server sent a third');
      return new TextEncoder().encode(answer);
    },
  };
}
