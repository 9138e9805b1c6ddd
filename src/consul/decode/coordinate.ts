import { type Decoder, decodeList, decodeNumber, decodeObject, decodeString, field, fieldOr } from './decoder.ts';

/** A place in the network's space of round-trip times (Vivaldi), in seconds. */
export interface Coordinate {
  readonly vector: readonly number[];
  readonly height: number;
  readonly adjustment: number;
  readonly error: number;
}

/** Where a node is. */
export interface NodeCoordinate {
  readonly node: string;
  readonly segment: string;
  readonly coordinate: Coordinate;
}

/** Where the servers of a datacenter are. */
export interface DatacenterCoordinates {
  readonly datacenter: string;
  readonly areaId: string;
  readonly nodes: readonly NodeCoordinate[];
}

const decodeNumbers = decodeList(decodeNumber);

const decodeCoordinate: Decoder<Coordinate> = (value) => {
  const object = decodeObject(value);
  return {
    vector: field(object, 'Vec', decodeNumbers),
    height: field(object, 'Height', decodeNumber),
    adjustment: fieldOr(object, 'Adjustment', decodeNumber, 0),
    error: fieldOr(object, 'Error', decodeNumber, 0),
  };
};

const decodeNodeCoordinate: Decoder<NodeCoordinate> = (value) => {
  const object = decodeObject(value);
  return {
    node: field(object, 'Node', decodeString),
    segment: fieldOr(object, 'Segment', decodeString, ''),
    coordinate: field(object, 'Coord', decodeCoordinate),
  };
};

/** `/v1/coordinate/nodes` and `/v1/coordinate/node/:node`. */
export const decodeNodeCoordinates: Decoder<readonly NodeCoordinate[]> = decodeList(decodeNodeCoordinate);

/** `/v1/coordinate/datacenters`. */
export const decodeDatacenterCoordinates: Decoder<readonly DatacenterCoordinates[]> = decodeList((value) => {
  const object = decodeObject(value);
  return {
    datacenter: field(object, 'Datacenter', decodeString),
    areaId: fieldOr(object, 'AreaID', decodeString, ''),
    nodes: field(object, 'Coordinates', decodeNodeCoordinates),
  };
});
