namespace Sam2.Torch.Data;

/// <summary>How a data set is laid out in its folder. <see cref="DatasetReader"/> says where it looks for what.</summary>
public enum DatasetFormat
{
    /// <summary>
    /// DAVIS 2016 and 2017 (https://davischallenge.org): <c>JPEGImages/480p/VIDEO/00000.jpg</c>, <c>Annotations/480p/VIDEO/00000.png</c>,
    /// lists in <c>ImageSets</c>. Every frame is annotated, or only the first.
    /// </summary>
    Davis,

    /// <summary>
    /// SA-V (sav_dataset/README.md of the original): val and test with frames in <c>JPEGImages_24fps/VIDEO/00000.jpg</c> and a folder of
    /// masks per object, <c>Annotations_6fps/VIDEO/000/00000.png</c>; train with <c>VIDEO.mp4</c> beside <c>VIDEO_manual.json</c>.
    /// </summary>
    Sav,

    /// <summary>MOSE (https://henghuiding.github.io/MOSE): <c>JPEGImages/VIDEO</c> and <c>Annotations/VIDEO</c>, annotated as in DAVIS.</summary>
    Mose,

    /// <summary>
    /// YouTube-VOS (https://youtube-vos.org): <c>JPEGImages</c>, <c>Annotations</c> and <c>meta.json</c>. Objects may appear later, and some
    /// frames are not annotated.
    /// </summary>
    Ytvos,

    /// <summary>LVOS (https://lingyihongfd.github.io/lvos.github.io): as YouTube-VOS, with <c>*_meta.json</c>.</summary>
    Lvos,

    /// <summary>SA-1B (https://ai.meta.com/datasets/segment-anything): <c>sa_1.jpg</c> beside <c>sa_1.json</c>; every picture is a video of one frame.</summary>
    Sa1b,

    /// <summary>COCO instances (https://cocodataset.org): <c>annotations/instances_val2017.json</c> and <c>val2017/*.jpg</c>; every picture is a video of one frame.</summary>
    Coco,

    /// <summary>
    /// Any folder of frames and any folder of masks with the same names: pictures of one frame (<c>images/a.jpg</c>, <c>masks/a.png</c>), or
    /// a folder per video (<c>frames/a/1.jpg</c>, <c>masks/a/1.png</c>).
    /// </summary>
    Folders,
}
