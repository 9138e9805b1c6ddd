/**
 * Whether parts of Node that it does not document may be used; `PILOTFISH_NODE_INTERNALS=off` forbids it, should a
 * version of Node be met where they differ. Read once, at start. What is used, and how each use is guarded, is in
 * docs/adr/0009-node-internals.md.
 */
export const usesNodeInternals: boolean = process.env['PILOTFISH_NODE_INTERNALS'] !== 'off';
