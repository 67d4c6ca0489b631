using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>
/// Stores the predictions of a video in its data set's own layout, as the benchmarks' servers accept them: a palette picture per
/// frame (VIDEO/00000.png; grey of 16 bits if it has ids above 255), or where objects may overlap a folder per object (VIDEO/000/00000.png).
/// </summary>
public sealed class PredictionFolder : IPredictionSink
{
    private readonly IAnnotatedVideo _video;
    private readonly string _folder;
    private readonly HashSet<int> _objects = [];
    private readonly List<int> _frames = [];
    private (int Height, int Width) _size;

    /// <summary>Stores below <paramref name="root"/>; nothing is created before there is something to store.</summary>
    public PredictionFolder(string root, IAnnotatedVideo video)
    {
        ArgumentNullException.ThrowIfNull(video);
        _video = video;
        _folder = RunFolder.Below(root, video.Name);
    }

    /// <inheritdoc/>
    public void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (_size == default)
        {
            var size = masks.Count > 0 ? (masks.Values.First().Height, masks.Values.First().Width) : FrameSize();
            _size = size;
            RunFolder.CreateFolder(_folder);
            RemoveRemains();
        }

        if (!_video.ObjectsOverlap)
        {
            string file = Path.Combine(_folder, FileOf(frame));
            if (masks.Keys.Any(id => id > byte.MaxValue))
            {
                IndexedMasks.CombineLabels(masks, _size.Height, _size.Width).Write(file);
            }
            else
            {
                IndexedMasks.Combine(masks, _size.Height, _size.Width).Write(file);
            }

            return;
        }

        foreach (int id in masks.Keys.Where(_objects.Add))
        {
            // The object has just appeared: it was nowhere before.
            RunFolder.CreateFolder(FolderOf(id));
            foreach (int earlier in _frames)
            {
                WriteObject(earlier, id, new BinaryMask(_size.Height, _size.Width));
            }
        }

        foreach (int id in _objects)
        {
            WriteObject(frame, id, masks.GetValueOrDefault(id) ?? new BinaryMask(_size.Height, _size.Width));
        }

        _frames.Add(frame);
    }

    /// <summary>Reads what was predicted for an object on a frame.</summary>
    /// <exception cref="MediaException">The file is missing or damaged.</exception>
    public BinaryMask Read(int frame, int objectId)
    {
        if (_video.ObjectsOverlap)
        {
            return MaskFile.Read(Path.Combine(FolderOf(objectId), FileOf(frame)));
        }

        var image = LabelImage.Read(Path.Combine(_folder, FileOf(frame)));
        return IndexedMasks.Split(image).GetValueOrDefault(objectId) ?? new BinaryMask(image.Height, image.Width);
    }

    /// <summary>Removes what a run that was killed while writing left behind: a benchmark's server would take it for a prediction.</summary>
    private void RemoveRemains()
    {
        foreach (var file in Directory.GetFiles(_folder, ".*.tmp.png", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
    }

    private void WriteObject(int frame, int id, BinaryMask mask) => MaskFile.WritePng(Path.Combine(FolderOf(id), FileOf(frame)), mask);

    private string FolderOf(int id) => RunFolder.Below(_folder, _video.ObjectName(id));

    private string FileOf(int frame) => _video.FrameName(frame) + ".png";

    private (int Height, int Width) FrameSize()
    {
        var image = _video.ReadFrame(0);
        return (image.Height, image.Width);
    }
}
