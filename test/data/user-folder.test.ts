import { describe, expect, it } from 'vitest';
import { userFolder } from '../../src/data/user-folder.ts';

const folderOf = (variables: Record<string, string>, os = 'linux'): string =>
  userFolder({
    secrets: { get: (name) => variables[name] },
    processes: { platform: () => ({ os, arch: 'x64' }) } as Parameters<
      typeof userFolder
    >[0]['processes'],
  });

describe('the folder of the user', () => {
  it.each([
    ['what was said', { AWP_CONFIG_HOME: '/a', XDG_CONFIG_HOME: '/b', HOME: '/c' }, '/a'],
    ['the folder for settings', { XDG_CONFIG_HOME: '/b', HOME: '/c' }, '/b/awp'],
    ['the home, when that is not absolute', { XDG_CONFIG_HOME: 'b', HOME: '/c' }, '/c/.config/awp'],
    ['the home', { HOME: '/c' }, '/c/.config/awp'],
  ])('is in %s', (_, variables, folder) => {
    expect(folderOf(variables as unknown as Record<string, string>)).toBe(folder);
  });

  it('is among the data of programs on Windows', () => {
    expect(folderOf({ APPDATA: 'C:\\Data', HOME: '/c' }, 'win32')).toBe('C:\\Data\\awp');
  });

  it.each([
    ['linux', 'HOME'],
    ['win32', 'APPDATA'],
  ])('on %s there is none without %s', (os, variable) => {
    expect(() => folderOf({}, os)).toThrow(`the variable ${variable} is not set`);
  });
});
