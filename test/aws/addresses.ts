/** Where the emulator answers for an API: docs/emulator-gaps.md, "Host names of APIs". */
const API = /^(https?|wss):\/\/([0-9a-f]+)\.execute-api\.[^/]+(\/.*)?$/;

export function reach(emulatorUrl: string, address: string): string {
  const [, scheme, id, path = ''] = API.exec(address) ?? [];
  if (scheme === undefined) throw new Error(`${address} is no address of an API`);
  const api = `${emulatorUrl}/_aws/execute-api/${id}`;
  return scheme === 'wss' ? api.replace(/^http/, 'ws') + path : `${api}/$default${path}`;
}
