import type { CheckDefinition, Indexed, NodeDefinition, ServiceDefinition } from './catalog-records.ts';
import type { CatalogStore } from './catalog-store.ts';
import { TxnFault, type TxnResult } from './txn-result.ts';

/** An operation on the catalog in a transaction; `index` is the version that `cas` and `delete-cas` expect. */
export type CatalogOperation =
  | { readonly kind: 'node'; readonly verb: string; readonly node: NodeDefinition; readonly index: number }
  | {
      readonly kind: 'service';
      readonly verb: string;
      readonly node: string;
      readonly service: ServiceDefinition;
      readonly index: number;
    }
  | { readonly kind: 'check'; readonly verb: string; readonly check: CheckDefinition; readonly index: number };

interface Subject {
  /** `Node`, `Service`, `Check`, for messages. */
  readonly noun: string;
  /** `node "n"`, for messages. */
  readonly name: string;
  readonly index: number;
  readonly current: () => { readonly record: Indexed; readonly result: TxnResult } | undefined;
  readonly put: () => void;
  readonly drop: () => void;
}

/** Does one operation. @throws TxnFault, or a Refusal of the store */
export function runCatalogOperation(catalog: CatalogStore, operation: CatalogOperation): readonly TxnResult[] {
  if (operation.kind === 'service' && operation.verb !== 'get' && operation.service.Service === '') {
    throw new TxnFault('Must provide service name with ID');
  }
  const subject = subjectOf(catalog, operation);
  const current = subject.current();
  const stale = (verb: string): TxnFault => new TxnFault(`failed to ${verb} ${subject.name}, index is stale`);
  switch (operation.verb) {
    case 'get':
      if (current === undefined) throw new TxnFault(`${subject.name} doesn't exist`);
      return [current.result];
    case 'cas':
      if ((current?.record.ModifyIndex ?? 0) !== subject.index) throw stale('set');
      subject.put();
      break;
    case 'set':
      subject.put();
      break;
    case 'delete-cas':
      if (current !== undefined && current.record.ModifyIndex !== subject.index) throw stale('delete');
      subject.drop();
      return [];
    case 'delete':
      subject.drop();
      return [];
    default:
      throw new TxnFault(`unknown ${subject.noun} verb ${JSON.stringify(operation.verb)}`);
  }
  const after = subject.current();
  return after === undefined ? [] : [after.result];
}

function subjectOf(catalog: CatalogStore, operation: CatalogOperation): Subject {
  if (operation.kind === 'node') return nodeSubject(catalog, operation.node, operation.index);
  if (operation.kind === 'check') return checkSubject(catalog, operation.check, operation.index);
  const { node, service, index } = operation;
  const on = `on node ${JSON.stringify(node)}`;
  return {
    noun: 'Service',
    name: `service ${JSON.stringify(service.ID)} ${on}`,
    index,
    current: () => {
      const record = catalog.node(node)?.services.get(service.ID.toLowerCase());
      return record && { record, result: { kind: 'service', service: record } };
    },
    put: () => catalog.putService(node, service),
    drop: () => catalog.dropService(node, service.ID),
  };
}

function nodeSubject(catalog: CatalogStore, node: NodeDefinition, index: number): Subject {
  return {
    noun: 'Node',
    name: `node ${JSON.stringify(node.Node)}`,
    index,
    current: () => {
      const record = catalog.node(node.Node)?.node;
      return record && { record, result: { kind: 'node', node: record } };
    },
    put: () => catalog.register({ node }),
    drop: () => catalog.dropNode(node.Node),
  };
}

function checkSubject(catalog: CatalogStore, check: CheckDefinition, index: number): Subject {
  return {
    noun: 'Check',
    name: `check ${JSON.stringify(check.CheckID)} on node ${JSON.stringify(check.Node)}`,
    index,
    current: () => {
      const record = catalog.node(check.Node)?.checks.get(check.CheckID.toLowerCase());
      return record && { record, result: { kind: 'check', check: record } };
    },
    put: () => catalog.putCheck(check),
    drop: () => catalog.dropCheck(check.Node, check.CheckID),
  };
}
