/** Entry point: Streamlit mounts the review app here. */

import { mounting } from "../mount.js";
import { ReviewApp } from "./review_app.js";

export const mount = mounting(ReviewApp);
