/** Told of a session's commands, for those who count and time them. It is called at each command, so it has to be quick. */
export interface CommandWatch {
  /** A command is taken up: its keyword, in upper case, or undefined where there is no command of that name. */
  began(keyword: string | undefined): void;
  /** What is said next while that command has no reply; answers whether this is the reply, and not a challenge before it. */
  said(text: string): boolean;
}
