export const { URL, URLSearchParams } = globalThis;

export function fileURLToPath(url) {
  return decodeURIComponent(new URL(url).pathname);
}

export function pathToFileURL(path) {
  return new URL(`file://${path.split('/').map(encodeURIComponent).join('/')}`);
}
