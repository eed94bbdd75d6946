// A page is complete without this: the modules keep it fresh, sort and filter its tables and enlarge its map.
import { follow } from "./live.js";
import { sortable } from "./table.js";
import { find } from "./find.js";
import { zoom } from "./zoom.js";

export function furnish() {
  document.querySelectorAll("table.sortable").forEach(sortable);
  find(document.getElementById("find"));
  zoom(document.getElementById("tiles"));
}

furnish();
if (document.body.dataset.page === "newest") follow(furnish);
