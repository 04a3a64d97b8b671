/** Scores of generated images, named by protocol. */

export {
  type ClassAccuracy,
  type Classified,
  type Classifier,
  type ClassifierOptions,
  classAccuracy,
  classifierNames,
  createClassifier,
  openClassifier,
  openClassifierFile,
} from './class-accuracy.ts';
export { classifier, classifierResolution, type ImageFormat, traceClassify } from './classifier.ts';
export { readClassifier, type TrainedClassifier, writeClassifier } from './classifier-file.ts';
