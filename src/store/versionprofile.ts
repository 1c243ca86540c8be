import type { Profile } from './profile.ts';
import { RASTER_KINDS, type RasterProfile } from './rasterprofile.ts';

/** Of any version. */
export type VersionProfile = Profile | RasterProfile;
/** What a dataset is. */
export type Kind = VersionProfile['kind'];
export const KINDS: readonly Kind[] = ['vector', 'table', ...RASTER_KINDS];

export function isRaster(profile: VersionProfile): profile is RasterProfile {
  return profile.kind !== 'vector' && profile.kind !== 'table';
}
