#!/usr/bin/env python3
"""Writes Sources/ReferenceData/Resources from the source tables.

Usage: pip install -r scripts/requirements-reference.txt
       scripts/build-reference-data.py SOURCES

SOURCES is the folder of source tables: pcs, naf, company, geo, climate, calendar, names, contact, compliance,
distributions (NOTICE names the publisher of each). The result is committed, so nobody needs SOURCES to build,
test or run Quartier. Only columns that Quartier uses are kept; codes and labels are unchanged, labels keep their
typographic apostrophes. Files are CSV (RFC 4180, header line, LF) that DuckDB reads as they are; those over 24 KB
are gzip with a zero time stamp, so that the same sources give the same bytes.

Not built here, because written for Quartier: occupations/added_titles.csv, contact/dead_domains.csv.
"""
import csv
import gzip
import importlib
import importlib.metadata
import io
import json
import re
import sys
import types
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "Sources/ReferenceData/Resources"
LIMIT = 24 * 1024


def store(name, text):
    """Writes NAME, or NAME.gz when the text is long."""
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    for old in (path, path.with_name(path.name + ".gz")):
        old.unlink(missing_ok=True)
    if len(data) > LIMIT:
        path = path.with_name(path.name + ".gz")
        data = gzip.compress(data, 9, mtime=0)
    path.write_bytes(data)
    print(f"{path.relative_to(OUT)}\t{len(data)}")


def write(name, header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        assert len(row) == len(header), row
        writer.writerow(row)
        count += 1
    assert count, name
    store(name, out.getvalue())


def read(folder, name):
    path = folder / name
    opener = gzip.open if name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def copy(source, name, target, columns):
    """COLUMNS maps the new names to the source's, in order."""
    write(target, list(columns), ([r[c] for c in columns.values()] for r in read(source, name)))


def companies(src):
    copy(src / "naf", "naf_rev2.csv", "companies/naf_rev2.csv", {
        "code": "code", "level": "niveau", "parent": "parent", "label_fr": "libelle", "label_short_fr": "libelle_40",
        "label_en": "libelle_en_nace", "a38": "a38", "a10": "a10"})
    rows = read(src / "naf", "naf2025.csv")
    origins = {"": "none", "traduction projet": "project"}
    write("companies/naf_2025.csv", ["code", "level", "parent", "label_fr", "label_en", "label_fr_origin"],
          ([r["code"], r["niveau"], r["parent"], r["libelle"], r["libelle_en_nace21"],
            origins.get(r["origine_libelle_fr"], "insee")] for r in rows))
    copy(src / "naf", "naf_rev2_agregats.csv", "companies/naf_aggregates.csv", {
        "scheme": "nomenclature", "code": "code", "label_fr": "libelle", "label_en": "libelle_en",
        "composition": "composition"})
    copy(src / "company", "categories_juridiques.csv", "companies/legal_categories.csv", {
        "code": "code", "level": "niveau", "parent": "parent", "label_fr": "libelle"})
    copy(src / "company", "tranches_effectifs.csv", "companies/headcount_bands.csv", {
        "code": "code", "label_fr": "libelle", "minimum": "min", "maximum": "max"})


def occupations(src):
    pcs = src / "pcs"
    copy(pcs, "pcs2020.csv", "occupations/pcs2020.csv", {
        "code": "code", "level": "niveau", "parent": "parent", "label_fr": "libelle", "label_short_fr": "libelle_court"})
    copy(pcs, "pcs2003.csv", "occupations/pcs2003.csv", {
        "code": "code", "level": "niveau", "parent": "parent", "label_fr": "libelle"})
    copy(pcs, "passage_pcs2003_42_vers_pcs2020_29.csv", "occupations/pcs2003_to_pcs2020.csv", {
        "pcs2003": "pcs2003_niv42", "pcs2020": "pcs2020_categorie", "kind": "type"})
    copy(pcs, "pcs2020_libelles_professions_masculin.csv", "occupations/official_titles.csv", {
        "label_fr": "libelle", "key": "cle_normalisee"})
    copy(pcs, "pcs2020_intitules_courants_indicatif.csv", "occupations/common_titles.csv", {
        "masculine": "intitule_m", "feminine": "intitule_f", "employee": "pcs_si_salarie",
        "self_employed": "pcs_si_independant_moins_11"})


def geography(src):
    geo = src / "geo"
    copy(geo, "communes.csv.gz", "geography/communes.csv", {
        "code": "code_insee", "name": "nom", "department": "dep", "postal_codes": "codes_postaux", "latitude": "lat",
        "longitude": "lon", "population": "population", "density7": "densite7", "density3": "densite3",
        "area_km2": "superficie_km2", "attraction_area": "aav2020", "attraction_role": "cateaav2020",
        "urban_unit": "uu2020", "urban_unit_size": "tranche_uu2017", "median_living_standard": "niveau_vie_median_2019",
        "epci": "epci_siren"})
    copy(geo, "arrondissements_municipaux.csv", "geography/municipal_districts.csv", {
        "code": "code_insee", "commune": "commune", "name": "nom", "postal_codes": "codes_postaux", "latitude": "lat",
        "longitude": "lon"})
    copy(geo, "codes_postaux.csv.gz", "geography/postal_codes.csv", {
        "postal_code": "code_postal", "commune": "code_insee", "label": "libelle_acheminement"})
    winter = {r["dep"]: r["zone_hiver"] for r in read(src / "climate", "zones_climatiques_departements.csv")}
    zones = {r["dep"]: r["zone8"] for r in read(src / "climate", "zones_climatiques_departements.csv")}
    rows = read(geo, "departements.csv")
    for r in rows:
        assert r["zone_climatique"] in (zones[r["code"]], ""), r
    write("geography/departments.csv",
          ["code", "name", "region", "prefecture", "population", "area_km2", "communes", "academy", "school_zone",
           "climate_zone", "winter_zone"],
          ([r["code"], r["nom"], r["region"], r["chef_lieu_insee"], r["population_2021"], r["superficie_km2"],
            r["nb_communes_2025"], r["academie"], r["zone_vacances"], r["zone_climatique"], winter[r["code"]]]
           for r in rows))
    write("geography/regions.csv", ["code", "name", "prefecture", "population", "departments", "overseas"],
          ([r["code"], r["nom"], r["chef_lieu_insee"], r["population_2021"], r["nb_departements"],
            "1" if r["outre_mer"] == "oui" else "0"] for r in read(geo, "regions.csv")))
    copy(geo, "densite_niveaux.csv", "geography/density.csv", {
        "density7": "densite7", "label7_fr": "libelle7", "density3": "densite3", "label3_fr": "libelle3",
        "communes_2024": "nb_communes_2024", "population": "population_2021"})
    copy(geo, "aires_attraction_2020.csv", "geography/attraction_areas.csv", {
        "code": "code", "name": "libelle", "size": "tranche", "communes_2022": "nb_communes_2022"})
    copy(geo, "unites_urbaines_2020.csv.gz", "geography/urban_units.csv", {"code": "code", "name": "libelle"})
    copy(geo, "epci.csv", "geography/epci.csv", {"siren": "siren", "name": "nom", "kind": "type"})
    labels = json.loads((geo / "libelles_zonages.json").read_text())
    names = {"cateaav2020": "attraction_role", "tranche_aav2020": "attraction_size", "tranche_uu2017": "urban_unit_size"}
    write("geography/zone_labels.csv", ["zoning", "code", "label_fr"],
          ([names[z], c, label] for z, codes in labels.items() for c, label in codes.items()))
    from babel import Locale
    french, english = Locale("fr").territories, Locale("en").territories
    write("geography/countries.csv", ["code", "name_fr", "name_en"],
          ([c, french[c], english[c]] for c in sorted(french)
           if re.fullmatch("[A-Z]{2}", c) and c in english and c not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB")))


def calendar(src):
    copy(src / "calendar", "vacances_scolaires.csv", "calendar/school_holidays.csv", {
        "zone": "zone", "first_day": "premier_jour", "last_day": "dernier_jour", "name_fr": "nom"})
    names = {"soldes_hiver": "winter_sales", "soldes_ete": "summer_sales", "black_friday": "black_friday",
             "cyber_monday": "cyber_monday", "fete_des_meres": "mothers_day", "fete_des_peres": "fathers_day",
             "noel_achats": "christmas_shopping", "rentree": "back_to_school", "saint_valentin": "valentines_day"}
    write("calendar/commercial_events.csv", ["year", "event", "first_day", "last_day"],
          ([r["annee"], names[r["evenement"]], r["debut"], r["fin"]]
           for r in read(src / "calendar", "evenements_commerciaux.csv")))


def names(src):
    rows = read(src / "names", "prenoms_decennies.csv")
    decades = [c for c in rows[0] if re.fullmatch(r"n\d{4}", c)]
    write("names/first_names.csv", ["sex", "name"] + [c.replace("n", "births_") for c in decades],
          ([{"F": "F", "H": "M"}[r["sexe"]], r["prenom"]] + [r[c] for c in decades] for r in rows))
    copy(src / "names", "noms_famille.csv", "names/surnames.csv", {"name": "nom", "per_million": "pour_million_pondere"})
    copy(src / "names", "voies_courantes.csv", "names/streets.csv", {"name": "voie", "town_halls": "n_mairies"})


def contact(src):
    import phonenumbers
    from disposable_email_domains import blocklist
    rules = json.loads((src / "contact" / "email.json").read_text())
    plus = {"gmail.com", "googlemail.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me",
            "fastmail.com"}
    families = ("outlook.", "hotmail.", "live.")
    same = {"googlemail.com": "gmail.com", "me.com": "icloud.com", "mac.com": "icloud.com", "protonmail.com": "proton.me",
            "pm.me": "proton.me"}
    public = set(rules["domaines_grand_public_fr"]) | plus
    write("contact/email_providers.csv", ["domain", "same_as", "plus_tags", "dots_ignored"],
          ([d, same.get(d, ""), int(d in plus or d.startswith(families)), int(d in ("gmail.com", "googlemail.com"))]
           for d in sorted(public)))
    write("contact/email_typos.csv", ["domain", "meant"], sorted(rules["fautes_frequentes"].items()))
    write("contact/email_roles.csv", ["local_part"], ([r] for r in rules["adresses_generiques_b2b"]))
    write("contact/disposable_domains.csv", ["domain"], ([d] for d in sorted(blocklist)))
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    rows = []
    for calling, regions in sorted(codes.items()):
        lengths, prefix = set(), ""
        for region in regions:
            data = (phonenumbers.PhoneMetadata.metadata_for_nongeo_region(calling) if region == "001"
                    else phonenumbers.PhoneMetadata.metadata_for_region(region))
            lengths |= set(data.general_desc.possible_length)
            prefix = prefix or (data.national_prefix or "")
        rows.append([calling, "|".join(regions), prefix, "|".join(map(str, sorted(lengths)))])
    write("contact/calling_codes.csv", ["calling_code", "regions", "national_prefix", "lengths"], rows)


def compliance(src):
    copy(src / "compliance", "regles_cnil_rgpd.csv", "compliance/rules.csv", {
        "id": "id", "theme_fr": "theme", "rule_fr": "regle", "value": "valeur", "unit_fr": "unite",
        "legal_basis_fr": "base_legale", "source_fr": "source", "force_fr": "force", "checked_fr": "verification"})
    rules = json.loads((src / "compliance" / "detection_donnees_sensibles.json").read_text())
    kinds = {"sante": "health", "religion": "religion", "politique": "politics", "syndicat": "trade_union",
             "origine": "ethnic_origin", "orientation": "sexual_life", "biometrie": "biometrics", "genetique": "genetics",
             "penal": "criminal_record", "nir": "social_security_number"}
    write("compliance/sensitive_columns.csv", ["kind", "word"],
          ([kinds[k], w] for k, words in rules["noms_de_colonnes_a_signaler"].items() for w in words))


def user_agents():
    """The patterns of uap-core, in its order: family and version of the browser, the system, the device."""
    fake = types.ModuleType("ua_parser.user_agent_parser")
    for name in ("UserAgentParser", "OSParser", "DeviceParser"):
        setattr(fake, name, lambda pattern, *rest: [pattern, *rest])
    sys.modules["ua_parser"] = types.ModuleType("ua_parser")
    sys.modules["ua_parser.user_agent_parser"] = fake
    rules = importlib.import_module("ua_parser_builtins.regexes")
    revision = importlib.metadata.version("ua-parser-builtins")
    store("technographics/user_agents.json", json.dumps({
        "revision": revision, "browsers": rules.USER_AGENT_PARSERS, "systems": rules.OS_PARSERS,
        "devices": rules.DEVICE_PARSERS}, ensure_ascii=False, separators=(",", ":")))


def distributions(src):
    folder = src / "distributions"
    copy(folder, "pyramide_ages_approx.csv", "distributions/age_pyramid.csv", {
        "age_min": "age_min", "age_max": "age_max", "men_thousands": "hommes_milliers", "women_thousands": "femmes_milliers"})
    copy(folder, "pcs_emploi_2022.csv", "distributions/pcs_employment_2022.csv", {
        "group": "groupe_pcs", "all": "ensemble", "women": "femmes", "men": "hommes", "age_15_24": "15_24_ans",
        "age_25_49": "25_49_ans", "age_50_plus": "50_ans_ou_plus"})
    copy(folder, "profil_departements.csv", "distributions/department_profiles.csv", {
        "department": "dep", "median_living_standard": "niveau_vie_median_approx_2019", "household_size": "taille_menage_2018",
        "farmers": "agriculteurs_pct", "trades": "artisans_commercants_pct", "executives": "cadres_pct",
        "intermediate": "prof_intermediaires_pct", "clerical": "employes_pct", "workers": "ouvriers_pct"})


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    src = Path(sys.argv[1])
    companies(src)
    occupations(src)
    geography(src)
    calendar(src)
    names(src)
    contact(src)
    compliance(src)
    user_agents()
    distributions(src)
    print("total", sum(f.stat().st_size for f in OUT.rglob("*") if f.is_file()))


if __name__ == "__main__":
    main()
