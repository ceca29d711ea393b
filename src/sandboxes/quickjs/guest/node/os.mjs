export const EOL = '\n';
export const tmpdir = () => '/tmp';
export const homedir = () => '/tmp';
export const platform = () => process.platform;
export const arch = () => process.arch;
export const hostname = () => 'box';
export const type = () => 'QuickJS';
export const availableParallelism = () => 1;
export const cpus = () => [{ model: 'wasm', speed: 0 }];
