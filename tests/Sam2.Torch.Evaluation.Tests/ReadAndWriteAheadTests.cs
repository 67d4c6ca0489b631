using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>Decoding and writing go on while the model computes, and change nothing.</summary>
public class ReadAndWriteAheadTests : FolderTests
{
    [Test, CancelAfter(60_000)]
    public void The_next_frame_is_decoded_in_the_direction_of_reading_and_each_frame_once(CancellationToken cancellationToken)
    {
        var video = new RecordingVideo(8);
        using (var frames = new AnnotatedFrames(video))
        {
            int[] order = [0, 1, 2, 3, 2, 1, 7, 7];
            foreach (var frame in order)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Assert.That(frames.Read(frame)!.Width, Is.EqualTo(frame + 1));
            }

            Assert.That(frames.Read(8), Is.Null);
        }

        // 4 and 0 were decoded ahead for nothing, where the direction changed.
        Assert.That(video.Reads, Is.EquivalentTo(new[] { 0, 1, 2, 3, 4, 2, 1, 0, 7 }));
    }

    [Test]
    public void A_damaged_frame_matters_only_where_it_is_asked_for()
    {
        using var frames = new AnnotatedFrames(new RecordingVideo(8, damaged: 2));
        Assert.That(frames.Read(1), Is.Not.Null);
        Assert.That(frames.Read(0), Is.Not.Null);
        Assert.That(frames.Read(1), Is.Not.Null);
        Assert.That(() => frames.Read(2), Throws.TypeOf<MediaException>());
    }

    [Test]
    public void A_video_counts_as_done_only_when_its_predictions_are_written()
    {
        var video = new RecordingVideo(3);
        var folder = RunFolder.Open(Folder["run"], new Dictionary<string, string>());
        var mask = new Dictionary<int, BinaryMask> { [1] = new(4, 4) };
        // The last frame's picture can't be written where a folder is.
        Directory.CreateDirectory(Path.Combine(folder.Predictions, video.Name, "00002.png"));
        Assert.That(() => Run(), Throws.InstanceOf<Exception>());
        Assert.That(folder.Find<string>(video.Name), Is.Null);

        Directory.Delete(Path.Combine(folder.Predictions, video.Name, "00002.png"));
        Assert.That(Run(), Is.EqualTo(new[] { "done" }));
        Assert.That(Directory.GetFiles(Path.Combine(folder.Predictions, video.Name)), Has.Length.EqualTo(3));
        Assert.That(folder.Find<string>(video.Name), Is.EqualTo("done"));

        IReadOnlyList<string> Run() => EvaluationRun.Run(folder, [video], (_, observer) =>
        {
            for (var i = 0; i < 3; i++) observer.Predictions!.Write(i, mask);
            return "done";
        }, new EvaluationRunOptions());
    }

    /// <summary>Frames whose width tells their number; remembers which were decoded.</summary>
    private sealed class RecordingVideo(int frames, int damaged = -1) : IAnnotatedVideo
    {
        private readonly List<int> _reads = [];

        public IReadOnlyList<int> Reads
        {
            get
            {
                lock (_reads) return [.. _reads];
            }
        }

        public string Name => "clip";

        public int FrameCount => frames;

        public string FrameName(int frame) => $"{frame:00000}";

        public RgbImage ReadFrame(int frame)
        {
            lock (_reads) _reads.Add(frame);
            return frame == damaged ? throw new MediaException("clip", "is damaged here") : new RgbImage(frame + 1, 4);
        }

        public bool IsAnnotated(int frame) => false;

        public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => new Dictionary<int, BinaryMask>();
    }
}
