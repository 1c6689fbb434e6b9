// Fetches the office of this county and draws it a moment later, as single-page portals do.
const county = document.body.dataset.county;
const line = (label, value) => value ? `<tr><th>${label}</th><td>${value}</td></tr>` : "";

setTimeout(async () => {
  const offices = await (await fetch("/data.json")).json();
  const office = offices[county];
  document.title = `${office.office} | Lakeland Portal`;
  document.getElementById("app").innerHTML = `
    <h1>${office.office}</h1>
    <table>
      ${line("Sheriff", office.sheriff)}
      ${line("Phone", `<a href="tel:${office.phone.replace(/[^0-9]/g, "")}">${office.phone}</a>`)}
      ${line("Email", office.email)}
      ${line("Address", office.address)}
      ${line("Office hours", office.hours)}
    </table>
    <p>For emergencies call 911.</p>`;
}, 220);
