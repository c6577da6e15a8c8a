"""Takes into a frozen program what psbridge loads by name, on first use: modules and tables."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

hiddenimports = collect_submodules(
    "psbridge", filter=lambda name: not name.startswith(("psbridge.generate", "psbridge._pyinstaller"))
)
datas = collect_data_files("psbridge", excludes=["generate/**"])
