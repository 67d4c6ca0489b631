using System.Globalization;
using System.Text;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The format of <c>torch.save</c> since PyTorch 1.6: a zip archive with the pickle <c>NAME/data.pkl</c> and one entry
/// <c>NAME/data/KEY</c> per storage.
/// </summary>
internal static class TorchZip
{
    private const long MaxPickleBytes = 64 << 20;

    // The name that torch.save gives an archive written to a stream.
    private const string Archive = "archive/";

    /// <summary>Reads the pickle; the storages stay in the file.</summary>
    public static CheckpointContent Read(ByteSource source)
    {
        var entries = ZipDirectory.Read(source);
        var prefix = FindPrefix(source, entries);
        RequireLittleEndian(source, entries.GetValueOrDefault(prefix + "byteorder"));

        var pickle = entries[prefix + "data.pkl"];
        if (pickle.Length > MaxPickleBytes)
            throw source.Bad($"its pickle has {pickle.Length} bytes; at most {MaxPickleBytes} are read", CheckpointRemedy.Resave);
        RegionOf(source, pickle).Verify();
        var slots = new Dictionary<string, StorageSlot>(StringComparer.Ordinal);
        var limits = new PickleLimits(source);
        var root = PickleMachine.Read(
            new(source, pickle.Offset, pickle.Offset + pickle.Length), limits,
            id => LoadStorage(source, entries, prefix, slots, limits, id));
        return CheckpointContent.FromRoot(source, root);
    }

    private static string FindPrefix(ByteSource source, IReadOnlyDictionary<string, ZipEntry> entries)
    {
        const string Pickle = "/data.pkl";
        var pickles = entries.Keys.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - Pickle.Length).ToList();
        if (pickles.Count != 1)
            throw source.Bad(pickles.Count == 0 ? "is a zip archive without data.pkl, not a checkpoint" : "is a zip archive with several data.pkl",
                "Give the .pt file that torch.save wrote");
        var prefix = pickles[0][..^"data.pkl".Length];
        if (entries.ContainsKey(prefix + "constants.pkl"))
            throw source.Bad("is a TorchScript program, not a checkpoint", "Give the .pt file that torch.save wrote, or save the module's state_dict()");
        return prefix;
    }

    private static void RequireLittleEndian(ByteSource source, ZipEntry? record)
    {
        if (record is null)
            return;
        Span<byte> order = stackalloc byte[(int)Math.Min(record.Length, 16)];
        source.Read(record.Offset, order);
        if (order.SequenceEqual("big"u8))
            throw source.Bad("was written on a big-endian machine, which is not supported", "Load and save it in Python on a little-endian machine");
        if (!order.SequenceEqual("little"u8))
            throw source.Bad("its byte order is neither 'little' nor 'big'", CheckpointRemedy.Redownload);
    }

    private static StorageReference LoadStorage(
        ByteSource source, IReadOnlyDictionary<string, ZipEntry> entries, string prefix,
        Dictionary<string, StorageSlot> slots, PickleLimits limits, PlainList id)
    {
        // ("storage", torch.FloatStorage, key, location, number of elements)
        if (id is not ["storage", PickleGlobal.Storage storage, string key, string, long count, ..] || id.Count != 5)
            throw source.Bad("its pickle describes a storage in an unknown way", CheckpointRemedy.Redownload);
        if (!entries.TryGetValue($"{prefix}data/{key}", out var entry))
            throw source.Bad($"a tensor's storage '{key}' is not in the archive", CheckpointRemedy.Redownload);
        if (count < 0 || count > entry.Length / ScalarTypes.Size(storage.Type))
            throw source.Bad($"the storage '{key}' claims {count} elements of type {storage.Type}, but its entry has {entry.Length} bytes", CheckpointRemedy.Redownload);
        if (!slots.TryGetValue(key, out var slot))
        {
            limits.Charge(160);
            slots.Add(key, slot = new(key) { Region = RegionOf(source, entry) });
        }
        return new(slot, storage.Type, count, FirstElement: 0);
    }

    // torch.save records 0 if it was told not to compute checksums.
    private static StorageRegion RegionOf(ByteSource source, ZipEntry entry) =>
        new(source, entry.Name, entry.Offset, entry.Length, entry.Crc == 0 ? null : entry.Crc);

    /// <summary>Writes what <c>torch.save({"model": state_dict, ...})</c> writes; the bytes of each storage are aligned.</summary>
    public static void Write(Stream stream, IReadOnlyDictionary<string, TensorToWrite> stateDict, PlainDictionary entries, StorageCollector storages, bool alwaysZip64 = false)
    {
        var pickle = new PickleWriter(storages);
        var zip = new ZipWriter(stream, alwaysZip64);
        zip.Add(Archive + "data.pkl", pickle.Write(stateDict, entries));
        zip.Add(Archive + "byteorder", "little"u8.ToArray());
        for (var i = 0; i < pickle.Storages.Count; i++)
            zip.Add($"{Archive}data/{i.ToString(CultureInfo.InvariantCulture)}", pickle.Storages[i].Length, pickle.Storages[i].Write);
        zip.Add(Archive + "version", Encoding.ASCII.GetBytes("3\n"));
        zip.Finish();
    }
}
