/**
 * Cameras for RasPy: a photo is what a command prints, such as rpicam-still.
 * @packageDocumentation
 */
export { cameraType, stillCamera } from './still-camera.js';
export { plugin } from './plugin.js';
