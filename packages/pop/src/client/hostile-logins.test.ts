import { hostileServers } from './hostile.test-support.ts';
import { PASSWORD, PLAIN } from './scene.test-support.ts';

hostileServers('before and at login', [
  { name: 'no greeting at all', script: '', code: 'TIMEOUT', message: /greeting/ },
  { name: 'a greeting that never ends', script: `S: {x*20000}\\c`, code: 'LIMIT' },
  { name: 'a greeting of 32 MiB', script: `S: +OK {x*33554432}`, code: 'LIMIT' },
  { name: 'a greeting that drips without an end', script: `S: +O\\c`, code: 'TIMEOUT' },
  { name: 'the greeting of another protocol', script: 'S: * OK [CAPABILITY IMAP4rev1] ready', code: 'PROTOCOL' },
  { name: 'a greeting by LF', script: 'S: +OK ready\\n\\c', code: 'PROTOCOL' },
  { name: 'closed before the greeting', script: 'DROP', code: 'CLOSED', retryable: true },
  { name: 'reset before the greeting', script: 'RESET', code: 'NETWORK', retryable: true },
  {
    name: 'a greeting that refuses, with a code',
    script: 'S: -ERR [SYS/TEMP] too many connections',
    code: 'SYS_TEMP',
    retryable: true,
  },
  { name: 'a greeting that refuses, with none (P3H-08)', script: 'S: -ERR go away', code: 'REFUSED', retryable: true },
  { name: 'two greetings', script: 'S> +OK one\nS: +OK two', code: 'PROTOCOL', late: 'TIMEOUT' },
  {
    name: 'a bare +OK all the way (OBS-02)',
    script: PLAIN.replaceAll('+OK ready', '+OK'),
    act: () => 'in',
    answer: 'in',
  },
  {
    name: 'terminal escapes in a refusal',
    script: 'S: -ERR \\x1b[2J\\x1b]0;owned\\x07 \\xe2\\x80\\xaetxt',
    code: 'REFUSED',
    message: /^[^\p{Cc}\u202e]*$/u,
  },
  { name: 'a CAPA that never ends', script: 'S: +OK\nC: CAPA\nS: +OK\nS: {X-A\\r\\n*2000}\\c', code: 'LIMIT' },
  {
    name: 'a CAPA that says only its dot',
    script: 'S: +OK\nC: CAPA\nS: +OK\nS: .\nC: USER {any}\nS: -ERR',
    code: 'NO_MECHANISM',
  },
  {
    name: 'a server that repeats the password in its refusal',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR password ${PASSWORD} is wrong`,
    code: 'AUTH_FAILED',
    message: /\[secret\] is wrong/,
  },
  {
    name: 'a maildrop in use (RC-06)',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR [in-use] busy`,
    code: 'IN_USE',
    retryable: true,
  },
  {
    name: 'a login too soon (RC-06)',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR [LOGIN-DELAY] wait`,
    code: 'LOGIN_DELAY',
    retryable: true,
  },
  {
    name: 'an unknown further level of a code (EXT-16)',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR [sys/Perm/DISK] broken`,
    code: 'SYS_PERM',
    retryable: false,
  },
  {
    name: 'a refusal without [AUTH] where each wrong password would have it (RC-07)',
    script: `S: +OK\nC: CAPA\nS> +OK\nS> USER\nS> AUTH-RESP-CODE\nS: .\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR no`,
    code: 'REFUSED',
    retryable: true,
  },
  {
    name: 'a status line in the middle of nowhere',
    script: `S: +OK\nC: CAPA\nS> -ERR\nS: +OK and more`,
    code: 'PROTOCOL',
    late: 'TIMEOUT',
  },
]);
