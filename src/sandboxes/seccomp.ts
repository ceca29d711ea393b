/**
 * The system-call filter of every box: a classic BPF program, assembled here. What is not denied
 * is allowed; a denied call answers EPERM. Source: sandbox-and-scale A4.
 */

/** Processors that have a table. */
export type FilterArch = 'x64' | 'arm64';

/** The denied calls: what each is, with its numbers on x86_64 and aarch64 (-1: not there). */
const DENIED: readonly (readonly [name: string, x64: number, arm64: number])[] = [
  // Other processes' memory and descriptors.
  ['ptrace', 101, 117],
  ['process_vm_readv', 310, 270],
  ['process_vm_writev', 311, 271],
  ['process_madvise', 440, 440],
  ['pidfd_getfd', 438, 438],
  ['kcmp', 312, 272],
  // Namespaces and mounts.
  ['unshare', 272, 97],
  ['setns', 308, 268],
  ['mount', 165, 40],
  ['umount2', 166, 39],
  ['pivot_root', 155, 41],
  ['chroot', 161, 51],
  ['open_tree', 428, 428],
  ['move_mount', 429, 429],
  ['fsopen', 430, 430],
  ['fsconfig', 431, 431],
  ['fsmount', 432, 432],
  ['fspick', 433, 433],
  ['mount_setattr', 442, 442],
  // Doors into the kernel that a program of ours never needs.
  ['add_key', 248, 217],
  ['request_key', 249, 218],
  ['keyctl', 250, 219],
  ['bpf', 321, 280],
  ['perf_event_open', 298, 241],
  ['userfaultfd', 323, 282],
  ['io_uring_setup', 425, 425],
  ['io_uring_enter', 426, 426],
  ['io_uring_register', 427, 427],
  ['fanotify_init', 300, 262],
  ['name_to_handle_at', 303, 264],
  ['open_by_handle_at', 304, 265],
  ['lookup_dcookie', 212, 18],
  ['syslog', 103, 116],
  ['vhangup', 153, 58],
  ['iopl', 172, -1],
  ['ioperm', 173, -1],
  ['modify_ldt', 154, -1],
  // The machine.
  ['init_module', 175, 105],
  ['finit_module', 313, 273],
  ['delete_module', 176, 106],
  ['kexec_load', 246, 104],
  ['kexec_file_load', 320, 294],
  ['reboot', 169, 142],
  ['swapon', 167, 224],
  ['swapoff', 168, 225],
  ['settimeofday', 164, 170],
  ['clock_settime', 227, 112],
  ['clock_adjtime', 305, 266],
  ['adjtimex', 159, 171],
  ['sethostname', 170, 161],
  ['setdomainname', 171, 162],
  ['quotactl', 179, 60],
  ['quotactl_fd', 443, 443],
  ['acct', 163, 89],
];

interface Numbers {
  /** AUDIT_ARCH_... of the kernel. */
  audit: number;
  socket: number;
  clone: number;
  ioctl: number;
}

const NUMBERS: Readonly<Record<FilterArch, Numbers>> = {
  x64: { audit: 0xc000003e, socket: 41, clone: 56, ioctl: 16 },
  arm64: { audit: 0xc00000b7, socket: 198, clone: 220, ioctl: 29 },
};

const CLONE3 = 435;
/** Calls from here on are the x32 table of x86_64: the same doors under other numbers. */
const X32_BIT = 0x40000000;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NAMESPACE_FLAGS = 0x7e020000;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const AF_UNIX = 1;
const AF_INET = 2;

const LOAD = 0x20;
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;

/** Offsets in `struct seccomp_data`; the lower halves of the arguments (both are little-endian). */
const AT_NUMBER = 0;
const AT_ARCH = 4;
const AT_FIRST = 16;
const AT_SECOND = 24;

type Step = readonly [code: number, yes: number, no: number, value: number];

/**
 * The filter as bytes of `struct sock_filter`, for bubblewrap's `--seccomp` and for
 * `PR_SET_SECCOMP`. A foreign architecture kills; sockets of every family are refused
 * (socketpair is another call and stays). `loopback`: those of IPv4 and unix are allowed, for a box
 * whose network has nothing but a loopback with the way to our proxy on it.
 */
export function seccompFilter(arch: FilterArch, { loopback = false } = {}): Uint8Array {
  const key = `${arch} ${loopback}`;
  const known = assembled.get(key) ?? assemble(arch, loopback);
  assembled.set(key, known);
  return known;
}

/** Filters of this process, each assembled once: a box is started in less time than one takes. */
const assembled = new Map<string, Uint8Array>();

function assemble(arch: FilterArch, loopback: boolean): Uint8Array {
  const { audit, socket, clone, ioctl } = NUMBERS[arch];
  const denied = DENIED.map(([, x64, arm64]) => (arch === 'x64' ? x64 : arm64));
  const steps: Step[] = [
    [LOAD, 0, 0, AT_ARCH],
    [EQUAL, 1, 0, audit],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, AT_NUMBER],
    ...(arch === 'x64' ? refuseFrom(X32_BIT) : []),
    // glibc then falls back to clone, whose flags a filter can read.
    ...refuse(CLONE3, ENOSYS),
    ...(loopback ? [] : refuse(socket)),
    ...denied.filter((number) => number >= 0).flatMap((number) => refuse(number)),
    // Each of these reads an argument and ends: the number is not needed afterwards.
    ...(loopback ? allowFamilies(socket) : []),
    [EQUAL, 0, 4, clone],
    [LOAD, 0, 0, AT_FIRST],
    [ANY_BIT, 0, 1, NAMESPACE_FLAGS],
    [RETURN, 0, 0, EPERM],
    [RETURN, 0, 0, ALLOW],
    [EQUAL, 0, 4, ioctl],
    [LOAD, 0, 0, AT_SECOND],
    [EQUAL, 1, 0, TIOCSTI],
    [EQUAL, 0, 1, TIOCLINUX],
    [RETURN, 0, 0, EPERM],
    [RETURN, 0, 0, ALLOW],
  ];
  return encode(steps);
}

/** The processors that `seccompFilter` knows, else undefined. */
export function filterArch(arch: string): FilterArch | undefined {
  return arch === 'x64' || arch === 'arm64' ? arch : undefined;
}

function refuse(number: number, answer = EPERM): Step[] {
  return [
    [EQUAL, 0, 1, number],
    [RETURN, 0, 0, answer],
  ];
}

function allowFamilies(socket: number): Step[] {
  return [
    [EQUAL, 0, 5, socket],
    [LOAD, 0, 0, AT_FIRST],
    [EQUAL, 1, 0, AF_UNIX],
    [EQUAL, 0, 1, AF_INET],
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, EPERM],
  ];
}

function refuseFrom(number: number): Step[] {
  return [
    [AT_LEAST, 0, 1, number],
    [RETURN, 0, 0, EPERM],
  ];
}

function encode(steps: readonly Step[]): Uint8Array {
  const bytes = new Uint8Array(steps.length * 8);
  const view = new DataView(bytes.buffer);
  steps.forEach(([code, yes, no, value], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, yes);
    view.setUint8(index * 8 + 3, no);
    view.setUint32(index * 8 + 4, value, true);
  });
  return bytes;
}
