//! `tasuki open`: a parcel outside the node, for archives and disputes: who signed what, when.

mod words;

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use tasuki_identity::chain::Trust;
use tasuki_identity::office_key::OfficeKey;
use tasuki_parcel::open::{OpenError, OpenedParcel, VerifiedAt, open};
use tempfile::NamedTempFile;

/// The root certificate beside the key, as a recovery kit has it.
const ROOT: &str = "root.pem";

/// What begins the line of a private key in a file of age.
const KEY_MARK: &str = "AGE-SECRET-KEY-1";

#[derive(Args)]
#[command(after_help = "証明書は、荷物が作られた日時に有効だったかを確かめます。\n\
    終了コード：0 開いて確かめた、1 開けない・確かめられない、2 使い方の誤り・読み書きできない")]
pub(crate) struct Options {
    /// 荷物（封をしたファイル）
    parcel: PathBuf,
    /// 事業所の鍵のファイル（AGE-SECRET-KEY-1… の行があるもの）
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// 運営者のルート証明書（PEM）。署名した事業所をこれで確かめます。指定しなければ、鍵と同じフォルダーの root.pem
    #[arg(long, value_name = "FILE", env = "TASUKI_ROOT")]
    root: Option<PathBuf>,
    /// 中のファイルを書き出すフォルダー（今あるファイルは上書きしません）
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// 機械で読める形（JSON）で出力する
    #[arg(long)]
    json: bool,
}

type Parcel = OpenedParcel<BufReader<File>>;

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let keys = read_keys(&options.key)?;
    let trust = read_root(&options.root.clone().unwrap_or_else(|| options.key.with_file_name(ROOT)))?;
    let sealed = File::open(&options.parcel).with_context(|| words::unreadable(&options.parcel))?;
    let mut parcel = match open(BufReader::new(sealed), &keys, &trust, VerifiedAt::Sealed, None) {
        Ok(parcel) => parcel,
        Err(OpenError::Io(error)) => {
            return Err(error).with_context(|| words::unreadable(&options.parcel));
        }
        Err(refusal) => {
            anstream::eprintln!("{}", words::refusal(&refusal));
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Some(folder) = &options.out {
        write_files(&mut parcel, folder)?;
    }
    if options.json {
        anstream::println!("{}", report(&parcel));
    } else {
        words::print(&parcel, options.out.as_deref());
    }
    Ok(ExitCode::SUCCESS)
}

/// The keys of a file as `age -i` takes it: a key on each line, comments between.
fn read_keys(path: &Path) -> anyhow::Result<Vec<OfficeKey>> {
    let text = fs::read_to_string(path).with_context(|| words::unreadable(path))?;
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with(KEY_MARK));
    let keys: Result<Vec<_>, _> = lines.map(OfficeKey::from_secret).collect();
    match keys {
        Ok(keys) if !keys.is_empty() => Ok(keys),
        _ => bail!(words::no_key(path)),
    }
}

fn read_root(path: &Path) -> anyhow::Result<Trust> {
    let pem = fs::read(path).with_context(|| words::no_root(path))?;
    Trust::from_pem(&pem).with_context(|| words::no_root(path))
}

/// Writes all files; none over another, and none by halves.
fn write_files(parcel: &mut Parcel, folder: &Path) -> anyhow::Result<()> {
    let cannot_write = || format!("{} に書き出せません", folder.display());
    fs::create_dir_all(folder).with_context(cannot_write)?;
    let paths: Vec<PathBuf> =
        parcel.manifest().files.iter().map(|file| folder.join(file.name.as_str())).collect();
    if let Some(there) = paths.iter().find(|path| path.exists()) {
        bail!("{} はすでにあります。別のフォルダーを指定してください", there.display());
    }
    for (index, path) in paths.iter().enumerate() {
        let mut file = NamedTempFile::new_in(folder).with_context(cannot_write)?;
        parcel.copy_file(index, &mut file).map_err(io::Error::other).with_context(cannot_write)?;
        file.as_file().sync_all().with_context(cannot_write)?;
        file.persist_noclobber(path).with_context(cannot_write)?;
    }
    Ok(())
}

fn report(parcel: &Parcel) -> serde_json::Value {
    let signer = parcel.signer();
    json!({
        "format": 1,
        "manifest": parcel.manifest(),
        "signer": {
            "office": signer.office,
            "serial": words::hexadecimal(&signer.serial),
            "not_before": signer.not_before.to_string(),
            "not_after": signer.not_after.to_string(),
        },
    })
}
