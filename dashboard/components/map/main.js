/** Entry point: Streamlit mounts the map here. */

import { mounting } from "../mount.js";
import { MapApp } from "./map_app.js";

export const mount = mounting(MapApp);
