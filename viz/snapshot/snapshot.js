"use strict";
/* What is chosen in the picture is lit in the tables, and the other way round. */
(function () {
  var rows = Array.prototype.slice.call(document.querySelectorAll("tr[data-id]"));

  function light(ids) {
    var first = null;
    rows.forEach(function (row) {
      var lit = ids.indexOf(row.dataset.id) >= 0;
      row.classList.toggle("lit", lit);
      row.setAttribute("aria-selected", lit ? "true" : "false");
      first = first || (lit ? row : null);
    });
    return first;
  }

  network.on("select", function (chosen) {
    var edges = chosen.nodes.length ? [] : chosen.edges.map(function (id) { return String(id).replace(/b$/, ""); });
    var first = light(chosen.nodes.concat(edges));
    if (first) { first.scrollIntoView({ block: "nearest" }); }
  });

  function choose(row) {
    var id = row.dataset.id;
    light([id]);
    if (id.charAt(0) === "n") {
      network.selectNodes([id]);
      network.focus(id, { scale: 1 });
    } else {
      network.selectEdges([id]);
      network.fit({ nodes: network.getConnectedNodes(id), maxZoomLevel: 1.2 });
    }
  }

  rows.forEach(function (row) {
    row.addEventListener("click", function () { choose(row); });
    row.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(row); }
    });
  });
  document.getElementById("fit").addEventListener("click", function () { light([]); network.unselectAll(); network.fit(); });
  network.fit({ maxZoomLevel: 1.2 });
})();
