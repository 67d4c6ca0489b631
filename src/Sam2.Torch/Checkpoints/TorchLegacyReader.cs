using System.Buffers.Binary;
using System.Numerics;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Reads what <c>torch.save</c> wrote before PyTorch 1.6, and still does on request: pickles of a magic number, a protocol
/// version, facts of the machine, the object, and the storages' keys; then each storage as its element count and bytes.
/// </summary>
internal static class TorchLegacyReader
{
    private const long ProtocolVersion = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("1950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    public static CheckpointContent Read(ByteSource source)
    {
        var stream = new PickleStream(source, 0, source.Length);
        var limits = new PickleLimits(source);
        var storages = new Storages(source, limits);
        RequireHeader(source, stream, limits);
        var root = PickleMachine.Read(stream, limits, storages.Declare);
        var keys = PickleMachine.Read(stream, limits, Unexpected(source));
        storages.Locate(keys, stream.Position);
        return CheckpointContent.FromRoot(source, root);
    }

    private static void RequireHeader(ByteSource source, PickleStream stream, PickleLimits limits)
    {
        var none = Unexpected(source);
        if (PickleMachine.Read(stream, limits, none) is not BigInteger magic || magic != Magic)
            throw source.Bad("is a pickle, but not one that torch.save wrote", "Save it in Python with torch.save");
        if (PickleMachine.Read(stream, limits, none) is not ProtocolVersion)
            throw source.Bad("has an unknown version of the legacy format", "Load and save it in Python with a current PyTorch");
        if (PickleMachine.Read(stream, limits, none) is not PlainDictionary facts)
            throw source.Bad("its header is damaged", CheckpointRemedy.Redownload);
        if (facts.TryGetValue("little_endian", out var little) && little is false)
            throw source.Bad("was written on a big-endian machine, which is not supported", "Load and save it in Python on a little-endian machine");
    }

    private static Func<PlainList, StorageReference> Unexpected(ByteSource source) =>
        _ => throw source.Bad("its header refers to a storage", CheckpointRemedy.Redownload);

    /// <summary>The storages that the object's pickle declares, located once the pickles have been read.</summary>
    private sealed class Storages(ByteSource source, PickleLimits limits)
    {
        private readonly Dictionary<string, (StorageSlot Slot, long Count, int ElementSize)> _declared = new(StringComparer.Ordinal);

        public StorageReference Declare(PlainList id)
        {
            // ("storage", torch.FloatStorage, key, location, number of elements, None or (view key, first element, number of elements))
            if (id is not ["storage", PickleGlobal.Storage storage, string key, string, long count, var view] || count < 0)
                throw source.Bad("its pickle describes a storage in an unknown way", CheckpointRemedy.Redownload);
            var size = ScalarTypes.Size(storage.Type);
            if (!_declared.TryGetValue(key, out var root))
            {
                limits.Charge(200);
                _declared.Add(key, root = (new(key), count, size));
            }
            if (count > root.Count || size != root.ElementSize)
                throw source.Bad($"the storage '{key}' is declared twice, differently", CheckpointRemedy.Redownload);
            return view switch
            {
                null => new(root.Slot, storage.Type, count, FirstElement: 0),
                PlainList and [string, long first, long length] when first >= 0 && length >= 0 && length <= count - first =>
                    new(root.Slot, storage.Type, length, first),
                _ => throw source.Bad($"a view of the storage '{key}' lies outside it", CheckpointRemedy.Redownload),
            };
        }

        public void Locate(object? keys, long position)
        {
            if (keys is not PlainList list || list.Count != _declared.Count)
                throw source.Bad("its list of storages is damaged", CheckpointRemedy.Redownload);
            Span<byte> header = stackalloc byte[8];
            foreach (var item in list)
            {
                if (item is not string key || !_declared.TryGetValue(key, out var declared) || declared.Slot.IsLocated)
                    throw source.Bad("its list of storages is damaged", CheckpointRemedy.Redownload);
                source.Read(position, header);
                position += header.Length;
                var count = BinaryPrimitives.ReadInt64LittleEndian(header);
                if (count != declared.Count)
                    throw source.Bad($"the storage '{key}' has {count} elements where {declared.Count} were declared", CheckpointRemedy.Redownload);
                if (count > (source.Length - position) / declared.ElementSize)
                    throw source.Bad($"truncated: the storage '{key}' of {count} elements begins at offset {position} of {source.Length} bytes", CheckpointRemedy.Redownload);
                var length = count * declared.ElementSize;
                declared.Slot.Region = new(source, key, position, length, crc: null);
                position += length;
            }
        }
    }
}
