"""Prints as JSON what a binary says of itself: its format, what it imports and from where, and what it exports.

Run by scripts/check-prebuilds.mjs, which judges it. LIEF reads ELF, Mach-O and PE alike.
"""

import json
import sys

import lief


def elf(binary):
    def library_and_version(symbol):
        if not symbol.has_version or not symbol.symbol_version.has_auxiliary_version:
            return None
        return symbol.symbol_version.symbol_version_auxiliary.name

    return {
        "format": "ELF",
        "libraries": list(binary.libraries),
        "imports": [{"name": str(s.name), "version": library_and_version(s)} for s in binary.imported_symbols if s.name],
        "exports": [str(s.name) for s in binary.exported_symbols],
        "symbols": len(list(binary.symtab_symbols)),
    }


def macho(binary):
    local = lief.MachO.Symbol.CATEGORY.LOCAL
    is_own_name = lief.MachO.LoadCommand.TYPE.ID_DYLIB
    return {
        "format": "MachO",
        "libraries": [library.name for library in binary.libraries if library.command != is_own_name],
        # Of no library is what is looked for in all that the process has loaded.
        "imports": [
            {
                "name": str(binding.symbol.name).removeprefix("_"),
                "library": binding.library.name if binding.has_library else None,
            }
            for binding in binary.bindings
            if binding.has_symbol
        ],
        "exports": [str(s.name).removeprefix("_") for s in binary.exported_symbols],
        "symbols": sum(1 for s in binary.symbols if s.category == local),
        "signed": binary.has_code_signature,
        "oldest": ".".join(str(number) for number in binary.build_version.minos[:2]) if binary.has_build_version else None,
        "names": [library.name for library in binary.libraries if library.command == is_own_name],
    }


def pe(binary):
    return {
        "format": "PE",
        "libraries": [library.name for library in binary.imports] + [library.name for library in binary.delay_imports],
        "imports": [
            {"name": entry.name, "library": library.name} for library in binary.imports for entry in library.entries
        ],
        "exports": [entry.name for entry in binary.get_export().entries],
    }


READERS = {lief.ELF.Binary: elf, lief.MachO.Binary: macho, lief.PE.Binary: pe}

# What it says on the way would be read as part of the answer.
lief.logging.disable()
binary = lief.parse(sys.argv[1])
if type(binary) not in READERS:
    sys.exit(f"{sys.argv[1]} is no ELF, Mach-O or PE file")
json.dump(READERS[type(binary)](binary), sys.stdout)
