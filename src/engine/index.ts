// The door: what hosts may use of the engine. Hosts import nothing else of it.
export { EngineError, type FailureCode, isEngineError, toEngineError } from './base/errors.ts';
export type { ByteRange } from './base/byteRange.ts';
export { escapeForDisplay } from './base/display.ts';
export type { Disposable, Event } from './base/event.ts';
export {
  baseName,
  type ByteName,
  byteName,
  fromText,
  hexIfNotUtf8,
  joinPath,
  type LayerPath,
  parentPath,
  parseLayerPath,
  rootPath,
  splitPath,
  toText,
} from './base/layerPath.ts';
export { type Logger, silentLogger } from './base/log.ts';
export { modeText } from './base/modeText.ts';
export type { Problem, ProblemCode } from './base/problem.ts';
export type { CallOptions, OnProgress, ProgressReport } from './base/progress.ts';
export type { Descriptor } from './oci/descriptor.ts';
export type { ChainId, Digest, DiffId, ImageId } from './oci/digest.ts';
export { isDigest } from './oci/digest.ts';
export type { HistoryItem, ImageConfig } from './oci/imageConfig.ts';
export { familiarName, normalizeName, parseReference } from './oci/reference.ts';
export { choosePlatform, formatPlatform, hostPlatform, parsePlatform } from './oci/platform.ts';
export type { Platform } from './oci/platform.ts';
export { dockerDuration, dockerSize } from './base/humanize.ts';
export { historyIds, historyJson, historyTable } from './compare/historyText.ts';
export { inspectText } from './compare/inspectImage.ts';
export type { EntryType, LayerIndex, LayerSummary, NodeId } from './layers/layerIndex.ts';
export type { LayerState } from './layers/layerIndexes.ts';
export { parsePattern } from './rootfs/matchPath.ts';
export type { ChangeKind, FileAttributes, LayerChange, RootfsEntry, UnionView } from './rootfs/rootfs.ts';
export type { HistoryStep, Image, Layer } from './sources/image.ts';
export { storedSizeOf } from './sources/layerBlobs.ts';
export type {
  Attachment,
  ImageCore,
  ImageEntry,
  ImageSource,
  ImageVariant,
  LayerBlob,
  SourceKind,
} from './sources/imageSource.ts';
export type * from './engineContract.ts';
export { createEngine, type EngineOptions } from './engine.ts';
export type { RegistryOptions } from './registries.ts';
export type { Credential, CredentialProblem, HostCredentials } from './sources/registry/credentials.ts';
export type { RegistryNotice } from './sources/registry/registryAccess.ts';
export {
  type EngineEndpoint,
  type EngineTls,
  formatEndpoint,
  isRemote,
  parseEndpoint,
} from './sources/dockerEngine/endpoint.ts';
export {
  type DiscoveredEndpoint,
  type Discovery,
  type DiscoveryPlace,
  discoverEndpoints,
} from './sources/dockerEngine/discoverEndpoints.ts';
export type { EngineClient } from './sources/dockerEngine/engineClient.ts';
export { createEngineClient } from './sources/dockerEngine/createEngineClient.ts';
export type { EngineEvents, EngineNews, EngineState } from './sources/dockerEngine/engineEvents.ts';
export type * from './sources/dockerEngine/engineApi.ts';
export type { CommitRequest, CommittedImage } from './snapshots/commitContainer.ts';
export { withConfigChanges } from './snapshots/configChanges.ts';
export { isEmptyChangeset } from './snapshots/writeChangeset.ts';
export type { ContainerConfig } from './snapshots/containerConfig.ts';
export type { ChangedAspect, ContainerChange } from './snapshots/containerDiff.ts';
export type { ContainerEntry } from './snapshots/containerEntry.ts';
export { nameFor as containerNameFor, parseContainerName } from './snapshots/containerName.ts';
export type { ContainerView } from './snapshots/containerView.ts';
export type { ContainerList, CreateRequest } from './snapshots/snapshotter.ts';
export type { UpperLayer } from './snapshots/upperLayer.ts';
export type {
  ContainerFile,
  ContainerFileChange,
  ContainerFiles,
  CopiedUp,
  FileNews,
} from './containers/containerFiles.ts';
export { copyIn, type CopyInRequest } from './containers/copyIn.ts';
export type { EngineContainerFiles, RevertFailure } from './containers/engineContainerFiles.ts';
export { allTopChanges, compareTrees, type FileTree, saveTree, topChanges } from './containers/fileTree.ts';
export { hostFiles } from './containers/hostFiles.ts';
export type { IncomingFile } from './containers/incomingFile.ts';
export { incomingTar } from './containers/incomingTar.ts';
export { tarFiles } from './containers/tarFiles.ts';
export { treeTar } from './containers/treeTar.ts';
export type { ContainerImage, StoreContainerFiles, StoreContainers } from './containers/storeContainers.ts';
export type * from './build/builder.ts';
export type * from './build/buildRequest.ts';
export type * from './build/cache/cacheReport.ts';
export type { Dockerfile, Instruction, InstructionName } from './build/dockerfile/ast.ts';
export type { DockerfileProblem } from './build/dockerfile/dockerfileProblem.ts';
export { parseDockerfile } from './build/dockerfile/parseDockerfile.ts';
export { readStages } from './build/dockerfile/readStages.ts';
export type * from './builders/builds.ts';
export { copiedFile } from './builders/hints/copiedFile.ts';
export { findHints } from './builders/hints/findHints.ts';
export type * from './builders/hints/layerHint.ts';
export { mayHoldSecret, secretHeadBytes } from './builders/hints/leftSecrets.ts';
export { findBuilds, findBuildsOf, type FoundBuild } from './builders/findBuilds/findBuilds.ts';
