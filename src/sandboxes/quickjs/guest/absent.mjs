// What stands for the parts of Node that are not here: it can be imported, and says so when it is used.

/** Throws, when it is called or made, that `name` is not here. */
export function refusing(name) {
  function refuse() {
    throw refusal(name);
  }
  return refuse;
}

/** The error that says so. */
export function refusal(name) {
  const has = 'this box has only computing, files and the tools of the host';
  return Object.assign(new Error(`${name} is not here: ${has}`), { code: 'EPERM' });
}
