export const { argv, env, exit, cwd, stdin, stdout, stderr, nextTick, platform, version } = process;
export const whole = process;
